"""Whether authenticators are right: octets and keys in, verdicts out.

No files, no printing. What earlier frames told is held by `checks.Checks`, which the caller owns.
"""
