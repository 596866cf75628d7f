"""Why a visitor has its verdict."""
