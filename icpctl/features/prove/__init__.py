"""What configs do for every possible visitor: proofs, and visitors that show the opposite."""
