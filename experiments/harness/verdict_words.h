// experiments/harness/verdict_words.h
//
// The words in which a comparison is told to people.
//
// Threads: any.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "experiments/harness/record.h"

namespace etude::harness {

// "server CPU per request" for "cpu".
std::string metric_noun(std::string_view metric);

// How the level of a factor is shown: "bare" for the control server.
std::string level_text(const std::string& level);

// The candidate; of an A/A pair "fifo again".
std::string candidate_text(const ComparisonRow& row);

// "+1.0 %" for a ratio of 1.01. "x2.41" from 2 on.
std::string percent_text(double ratio);

// "+1.0 % [+0.4, +1.6]", the ordinary 95 % interval; "-" before there is a ratio.
std::string change_text(const ComparisonRow& row);

// "16,384"
std::string thousands(std::int64_t number);

// "dearer", "equivalent", "undecided", "cannot".
std::string verdict_word(const ComparisonRow& row);

// What an undecided comparison would take: "about 14 more pairs, 35 s"; or why none would do.
std::string what_it_takes(const ComparisonRow& row);

// "plaintext x16"; with what else its load is: "json x1 at 20,000/s".
std::string load_text(const ComparisonRow& row);

// One comparison in one line: "work-stealing : fifo, plaintext x16, 256 connections: server CPU per
// request +1.0 % [+0.4, +1.6], dearer (12 pairs)".
std::string verdict_line(const ComparisonRow& row);

}  // namespace etude::harness
