"""The vocabulary of rules: kinds, the condition types and the comparators. Everything asks it.

Schema, validation, the evaluator, proofs, wording, help and docs take names, kinds, value shapes
and meanings from these tables. A condition type is added by its entry here and its paths in the
mappings; a comparator by its entry here, its kernel (`scoring/conditions.py`) and its SQL
(`features/sql/predicates.py`). The negative of a comparator needs an example alone.
"""

from icpctl.vocabulary.comparators import (
    COMPARATORS,
    Bound,
    Comparator,
    Operator,
    Phrases,
    Shape,
    comparators_for,
)
from icpctl.vocabulary.condition_types import (
    BUILT_IN,
    CONDITION_TYPES,
    CUSTOM_PREFIX,
    ConditionType,
    Form,
    Kind,
    Vocabulary,
)

__all__ = [
    "BUILT_IN",
    "COMPARATORS",
    "CONDITION_TYPES",
    "CUSTOM_PREFIX",
    "Bound",
    "Comparator",
    "ConditionType",
    "Form",
    "Kind",
    "Operator",
    "Phrases",
    "Shape",
    "Vocabulary",
    "comparators_for",
]
