// experiments/lint/published_table.h
//
// Reads a table of published figures: CSV with the columns connections, pipeline, throughput_rps,
// latency_ms, and optionally requests_in_flight, series, note, source_line. It refuses whatever it
// does not understand: a number misread would be a verdict on somebody's work.
//
// Errors: Error, subject "FILE: line N: column".
// Source: CSV as in RFC 4180, without line ends inside a field.

#pragma once

#include <string>
#include <vector>

#include "experiments/lint/little.h"

namespace etude::lint {

// At least one row, in the order of the file.
std::vector<PublishedRow> read_published_table(const std::string& path);

}  // namespace etude::lint
