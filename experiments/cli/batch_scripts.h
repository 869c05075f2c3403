// experiments/cli/batch_scripts.h
//
// The three scripts of a submission to Slurm: one runs a shard, one joins and reports, one hands
// both to sbatch. They are all there is: a reader can run each by hand, and a merge job that finds
// a shard unfinished submits it again with the same scripts. Results and marks below the
// submission's directory:
//
//   slurm/shard.sh, merge.sh, submit.sh    the scripts
//   slurm/jobs, again, outcome             job numbers; submissions by the merge job; how it ended
//   shards/I/attempt-K/, attempt-K.log     a results directory of its own for each start of a shard
//   shards/I/done, shards/I/failed         which attempt finished, with its exit; why none can
//   merged/                                what one unsharded run would have written, and report/
//
// Threads: any; values.
// Limits:  no lock is taken across nodes. Each start of a shard makes a directory that no other
//          start has (mkdir is atomic), begins it with the records of the fullest earlier one, and
//          the first to finish links its mark (ln is atomic): a start that a lost node still runs
//          changes nothing that another one reads as its own.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace etude::cli {

struct Batch {
  std::string etude;  // this program
  std::string suite;  // absolute, like out
  std::string out;
  std::string report;  // analysis/report.py; "": no report is drawn
  std::uint32_t shards = 1;
  std::uint32_t cpus = 1;   // of a simulated shard
  std::uint32_t again = 3;  // how often a merge job submits unfinished shards
  bool simulated = false;
  bool by_block = false;            // whole blocks of a measured suite
  std::vector<std::string> sbatch;  // further arguments of every sbatch
};

struct Script {
  std::string name;  // below out/slurm/
  std::string text;
};
std::vector<Script> batch_scripts(const Batch& batch);

// One word for a shell, whatever bytes it holds.
std::string shell_word(const std::string& text);

}  // namespace etude::cli
