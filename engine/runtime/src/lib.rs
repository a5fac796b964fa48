//! Clock, lanes, timers and commit: the only place with time and threads.
