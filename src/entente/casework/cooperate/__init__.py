"""Who can help, and what may they be shown?"""
