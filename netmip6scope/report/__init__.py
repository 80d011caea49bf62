"""The report: tables of an analysis as one self-contained page of HTML.

The page needs no network and runs no script. What is on it is bounded, whatever the captures hold:
long lists are cut, and the page says so where it cuts.
"""
