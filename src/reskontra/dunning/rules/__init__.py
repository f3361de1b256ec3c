"""The rules of reminding: who gets which letter, and what the law says about it."""
