"""Values that all rooms use: days, money, scales, numbers in words, faults by code, texts that hide nothing.

Imports no other room.
"""
