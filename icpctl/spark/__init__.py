"""The same verdicts on Spark: the reader and the kernel of one machine, run by Spark's tasks."""
