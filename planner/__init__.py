"""Planning office days: problem in, plan out. Reads no clock, network or database."""
