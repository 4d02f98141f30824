"""What must not be lost when something fails: power, disks, processes, clocks; each fault is really made."""
