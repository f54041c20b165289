"""What a protocol says, computed: templates print these objects and calculate nothing."""
