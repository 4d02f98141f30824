"""What first, and who is on it?"""
