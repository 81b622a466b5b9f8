"""Makes an archive from which the platform is installed in a network without internet."""
