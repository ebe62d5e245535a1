"""What identifies and reaches people: one rule for phones, mail, hosts and credit codes. Pure."""
