#pragma GCC diagnostic ignored "-Wold-style-cast"
#include "experiments/harness/sequential.h"
#include <cmath>
namespace etude::harness {
Evidence weigh(std::span<const double> l, const StoppingRule&) { Evidence e; e.pairs=(std::uint32_t)l.size(); if(l.empty())return e; double s=0; for(double x:l)s+=x; e.mean_log=s/(double)l.size(); double v=0; for(double x:l)v+=(x-e.mean_log)*(x-e.mean_log); e.sd_log=l.size()>1?std::sqrt(v/(double)(l.size()-1)):0; double h=2.5*e.sd_log/std::sqrt((double)l.size()); e.low_log=e.mean_log-h; e.high_log=e.mean_log+h; return e; }
std::vector<Judged> judge_family(std::span<const Evidence> f, std::span<const double>, const StoppingRule& r) { std::vector<Judged> o; for (auto& e: f){ Judged j{Decision::open,e.low_log,e.high_log,5}; if(e.pairs>=r.pairs_min){ if(e.low_log>-r.margin&&e.high_log<r.margin) j.decision=Decision::equivalent; else if(e.low_log>0||e.high_log<0) j.decision=Decision::differs;} o.push_back(j);} return o; }
double aa_floor(std::span<const double>, std::uint32_t) { return 0.003; }
}
