/* The protocol of core/runtime/parking.h, sequentially consistent, for N workers and two submitters.
 *
 * Each shared task keeps its worker until all of them have begun, as a long handler would. So not
 * only a forgotten task ends in an invalid end state (a deadlock), but also one that waits behind
 * a busy worker while another sleeps. One private task goes to worker 0, and one input of its own
 * wakes a worker unasked.
 *
 * Negative controls, each of which must deadlock:
 *   NO_RECHECK  no full look between announcing and blocking
 *   NO_CHAIN    the last searcher that found work wakes nobody
 *   NO_SEARCHER_AGAIN  who finds work in that last look does not become a searcher
 *   NO_RESCAN   a waker that found no sleeper gives up, although somebody announced meanwhile
 */
#ifndef N
#define N 2
#endif
#define SHARED N        /* as many as workers: each worker is needed at once */
#define TASKS (SHARED + 1)

#define RUN 0
#define SLEEP 1
#define NOTIFIED 2
#define TO_SEARCH 3

byte shared_queue, private_queue[N];
byte begun;             /* shared tasks that began */
byte ran;               /* all tasks that began */
byte searching, awake = N;
bool announced[N + 3];  /* by process (init has one): did anybody announce since it counted itself a waker? */
byte permit[N];
bool bell[N];           /* the doorbell remembers its ring */
byte inputs = 1;

/* wake_one(): k and woken are the caller's, and 0 again afterwards, which keeps states few. */
inline wake_one() {
  do
  :: atomic { searching > 0 || awake == N -> goto wake_done }
  :: atomic { searching == 0 && awake < N -> searching++; announced[_pid] = false }
     do
     :: atomic {
          k < N && !woken ->
          if
          :: permit[k] == SLEEP -> permit[k] = TO_SEARCH; woken = true
          :: else -> k++
          fi
        }
     :: atomic { woken -> bell[k] = true; woken = false; k = 0; goto wake_done }
     :: atomic {
          k == N -> k = 0; searching--;
#ifdef NO_RESCAN
          goto wake_done
#else
          if
          :: announced[_pid] -> break
          :: else -> goto wake_done
          fi
#endif
        }
     od
  od;
wake_done:
  skip
}

/* next(): one queue after another, so that a task can arrive behind the scan. */
inline next() {
  found = 0;
  atomic {
    if
    :: private_queue[me] > 0 -> private_queue[me]--; found = 1
    :: else
    fi
  };
  if
  :: found == 0 ->
     atomic {
       if
       :: shared_queue > 0 -> shared_queue--; found = 2
       :: else
       fi
     }
  :: else
  fi
}

active [N] proctype worker() {
  byte me = _pid;
  byte found, k;
  bool searches, woken, last;

again:
  next();
  if
  :: found > 0 -> goto work
  :: else
  fi;
  atomic {
    if
    :: !searches && (searching + 1) * 2 <= N -> searching++; searches = true
    :: else
    fi
  };
  if
  :: searches ->
     next();
     if
     :: found > 0 -> goto work
     :: else -> atomic { searches = false; searching-- }
     fi
  :: else
  fi;
  permit[me] = SLEEP;                            /* announce */
  atomic {
    awake--;
    for (k : 0 .. N + 2) { announced[k] = true };
    k = 0
  };
#ifndef NO_RECHECK
  next();
  if
  :: found > 0 ->                                /* retract */
     atomic { searches = (permit[me] == TO_SEARCH); permit[me] = RUN };
#ifdef NO_SEARCHER_AGAIN
     awake++;
#else
     atomic {
       awake++;
       if
       :: !searches -> searching++; searches = true
       :: else
       fi
     };
#endif
     goto work
  :: else
  fi;
#endif
  if
  :: permit[me] == SLEEP ->                      /* commit_sleep, then block */
     if
     :: bell[me] -> bell[me] = false
     :: atomic { inputs > 0 -> inputs-- }
     :: ran == TASKS -> goto leave
     fi
  :: else
  fi;
  atomic { searches = (permit[me] == TO_SEARCH); permit[me] = RUN };   /* awake */
  awake++;
  goto again;

work:
  if
  :: searches ->                                 /* stop_search(found) */
     atomic { searches = false; last = (searching == 1); searching-- };
#ifndef NO_CHAIN
     if
     :: atomic { last -> last = false }; wake_one()
     :: else
     fi
#endif
  :: else
  fi;
  if
  :: atomic { found == 2 -> found = 0; ran++; begun++ };
     begun == SHARED                             /* a long handler */
  :: atomic { else -> found = 0; ran++ }
  fi;
  goto again;
leave:
  skip
}

/* Every submission publishes first, then looks. */
proctype submitter(byte tasks; bool one_private) {
  byte k, i;
  bool woken;
  if
  :: one_private ->
     private_queue[0]++;
     atomic {
       if
       :: permit[0] == SLEEP -> permit[0] = NOTIFIED; woken = true
       :: else
       fi
     };
     if
     :: atomic { woken -> woken = false }; bell[0] = true
     :: else
     fi
  :: else
  fi;
  for (i : 1 .. tasks) {
    shared_queue++;
    wake_one()
  }
}

init {
  atomic { run submitter(SHARED - 1, false); run submitter(1, true) }
}
