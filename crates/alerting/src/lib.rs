//! Alert rules without I/O: expressions over the results of queries, and the states that series go through.
