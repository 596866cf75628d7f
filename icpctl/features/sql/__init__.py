"""Write the rules as SQL, for visitors in a warehouse."""

from icpctl.features.sql.codes import COLUMN_CODES, COLUMN_SECTION
from icpctl.findings.codes import register

register(COLUMN_SECTION, COLUMN_CODES)
