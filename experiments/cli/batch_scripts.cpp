#include "experiments/cli/batch_scripts.h"

#include <fmt/format.h>

namespace etude::cli {
namespace {

constexpr const char* kShard = R"sh(
shard=${1:-${SLURM_ARRAY_TASK_ID:?which shard? for example: bash shard.sh 1}}
folder=$out/shards/$shard
mkdir -p -- "$folder" || exit 1
[[ ! -e $folder/done ]] || exit 0

# A directory that no other start of this shard has.
number=1
until mkdir -- "$folder/attempt-$number" 2>/dev/null; do
  [[ -d $folder/attempt-$number ]] || { echo "$folder: cannot be written" >&2; exit 1; }
  number=$((number + 1))
done
mine=$folder/attempt-$number
exec >"$mine.log" 2>&1
echo "shard $shard/$shards, attempt $number, on ${SLURMD_NODENAME:-$(hostname)}"

# It begins with what the fullest earlier start has finished.
fullest='' most=0
for earlier in "$folder"/attempt-*/; do
  [[ -e ${earlier}suite.json && -e ${earlier}journal.jsonl ]] || continue
  finished=$(wc -l <"${earlier}journal.jsonl")
  if ((finished > most)); then fullest=$earlier most=$finished; fi
done
if [[ -n $fullest ]] && ! "$etude" merge "$fullest" --out "$mine"; then
  rm -rf -- "$mine"
  mkdir -- "$mine" || exit 1
fi

"$etude" "${command[@]}" "$suite" --out "$mine" --shard "$shard/$shards"
code=$?
# Exit 1 with these words: every trial has its record, some of them say that the trial failed.
if ((code == 0)) || { ((code == 1)) && grep -q 'failed trials are kept' "$mine.log"; }; then
  echo "attempt-$number $code" >"$mine.done"
  ln -T -- "$mine.done" "$folder/done" 2>/dev/null
elif ((code == 2)); then
  tail -n 1 -- "$mine.log" >"$folder/failed"  # bad input: nothing to try again
fi
exit "$code"
)sh";

constexpr const char* kMerge = R"sh(
# The shards that are not done, without those that have the mark NAME.
unfinished() {  # NAME
  local shard
  for ((shard = 1; shard <= shards; ++shard)); do
    [[ -e $out/shards/$shard/done || -e $out/shards/$shard/$1 ]] || printf '%s ' "$shard"
  done
}
finish() {  # CODE WORDS
  printf '%s\n' "$2" | tee "$out/slurm/outcome.tmp"
  mv -- "$out/slurm/outcome.tmp" "$out/slurm/outcome"
  exit "$1"
}

in_job=${1:-}
[[ -z $in_job ]] || exec >>"$out/slurm/merge.log" 2>&1
read -r -a left <<<"$(unfinished failed)"
if ((${#left[@]} > 0)); then
  # Slurm runs a task again whose node is lost, but not one that was killed.
  if [[ -z $in_job ]]; then
    echo "shards ${left[*]} did not finish: run here"
    for shard in "${left[@]}"; do bash "$out/slurm/shard.sh" "$shard"; done
  elif (($(wc -l <"$out/slurm/again") < again_max)); then
    echo "shards ${left[*]} did not finish: submitted again"
    bash "$out/slurm/submit.sh" --again "${left[@]}" && exit 0
    finish 1 "failed: shards ${left[*]} could not be submitted again; see slurm/merge.log"
  fi
fi
read -r -a left <<<"$(unfinished done)"
((${#left[@]} == 0)) || finish 1 "failed: shards ${left[*]} did not finish; see shards/I/*.log"

results=()
for ((shard = 1; shard <= shards; ++shard)); do
  read -r attempt _ <"$out/shards/$shard/done"
  results+=("$out/shards/$shard/$attempt")
done
"$etude" merge "${results[@]}" --out "$out/merged" || finish 1 "failed: etude merge, exit $?"
if [[ -n $report ]]; then
  /usr/bin/python3 "$report" "$out/merged" --out "$out/merged/report" ||
    finish 1 "failed: the tables are in merged/, but report.py ended with exit $?"
fi
finish 0 merged
)sh";

constexpr const char* kSubmit = R"sh(
if ! command -v sbatch >/dev/null; then
  echo "etude: sbatch: is not on this machine; run where Slurm is, or run the shards here:" \
    "bash $(printf '%q' "$out/slurm/merge.sh")" >&2
  exit 1
fi
if [[ ${1:-} == --again ]]; then
  shift
  left=("$@")
  echo "${left[*]}" >>"$out/slurm/again"
else
  while read -r job merge _; do
    if [[ -n $(squeue -h -j "$job,$merge" 2>/dev/null) ]]; then
      echo "etude: $out: its jobs $job and $merge are in the queue; wait, or scancel them" >&2
      exit 2
    fi
  done < <(cat -- "$out/slurm/jobs" 2>/dev/null)
  left=()
  for ((shard = 1; shard <= shards; ++shard)); do
    [[ -e $out/shards/$shard/done ]] || { left+=("$shard"); rm -f -- "$out/shards/$shard/failed"; }
  done
  : >"$out/slurm/again"
fi
rm -f -- "$out/slurm/outcome"
job=- dependency=()
if ((${#left[@]} > 0)); then
  array=$(IFS=,; echo "${left[*]}")
  job=$(sbatch --parsable --array="$array" "${sbatch[@]}" "$out/slurm/shard.sh") || exit 1
  job=${job%%;*}
  dependency=(--dependency="afterany:$job")
fi
merge=$(sbatch --parsable "${dependency[@]}" "${sbatch[@]}" \
  "$out/slurm/merge.sh" --in-job) || exit 1
echo "$job ${merge%%;*} ${left[*]}" >>"$out/slurm/jobs"
echo "shards ${left[*]:-(all done)}: job $job; merge and report: job ${merge%%;*}"
)sh";

std::string words(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& word : list) text += (text.empty() ? "" : " ") + shell_word(word);
  return text;
}

std::string resources(const Batch& batch) {
  if (!batch.simulated) return "#SBATCH --exclusive\n";
  return fmt::format("#SBATCH --cpus-per-task={}\n", batch.cpus);
}

std::string script(const std::string& about, const std::string& options, const Batch& batch,
                   const char* body) {
  std::vector<std::string> command = {batch.simulated ? "sim" : "run"};
  if (batch.simulated) command.insert(command.end(), {"--jobs", std::to_string(batch.cpus)});
  if (batch.by_block) command.insert(command.end(), {"--shard-by", "block"});
  return fmt::format(
      "#!/bin/bash\n"
      "{}"
      "# {}\n"
      "set -uo pipefail\n"
      "out={}\n"
      "etude={}\n"
      "suite={}\n"
      "report={}\n"
      "command=({})\n"
      "sbatch=({})\n"
      "shards={}\n"
      "again_max={}\n"
      "{}",
      options, about, shell_word(batch.out), shell_word(batch.etude), shell_word(batch.suite),
      shell_word(batch.report), words(command), words(batch.sbatch), batch.shards, batch.again,
      body);
}

}  // namespace

std::string shell_word(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::vector<Script> batch_scripts(const Batch& batch) {
  // The logs are written by the scripts: their paths may hold what sbatch would read as a pattern.
  const std::string common =
      "#SBATCH --job-name=etude\n#SBATCH --requeue\n#SBATCH --output=/dev/null\n";
  return {{"shard.sh", script("Runs one shard of a suite, or goes on with it. By hand: "
                              "bash shard.sh I",
                              common + resources(batch), batch, kShard)},
          {"merge.sh", script("Joins the shards and draws the report. By hand: bash merge.sh "
                              "(runs what is unfinished)",
                              common, batch, kMerge)},
          {"submit.sh", script("Submits the unfinished shards as an array job, and the merge after "
                               "them: bash submit.sh",
                               "", batch, kSubmit)}};
}

}  // namespace etude::cli
