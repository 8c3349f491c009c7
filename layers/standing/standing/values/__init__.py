"""Values that all rooms use: days, money, scales, numbers in words, texts that hide nothing. Imports no other room."""
