import sys

# jsonschema would take 0.6 s to build a grammar of addresses in all scripts, which no schema of a notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
