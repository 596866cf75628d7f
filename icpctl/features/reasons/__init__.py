"""Why visitors have their verdicts: explanations, sentences of rows, and near misses."""
