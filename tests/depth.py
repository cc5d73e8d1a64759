"""How far tests go: `make test` runs short forms of long tests, `make deep` the whole of them."""

import os

IS_DEEP = os.environ.get("COPYDESK_DEEP") == "1"
"""Whether `make deep` runs."""

EXAMPLES = 300 if IS_DEEP else 30
"""Examples of a property. A test with costly examples takes a part of them."""
