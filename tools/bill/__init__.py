"""The bill of materials of a release: what it holds beside Python packages."""
