"""Referral mechanisms: profiles from public evidence and from coding, their bounds, their gaps."""
