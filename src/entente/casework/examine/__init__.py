"""What can be seen, together, with as little looking as possible?"""
