"""What configs do for every possible visitor: proofs, and visitors that show the opposite."""

from icpctl.features.prove.codes import PROOF_CODES, PROOF_SECTION
from icpctl.findings.codes import register

register(PROOF_SECTION, PROOF_CODES)
