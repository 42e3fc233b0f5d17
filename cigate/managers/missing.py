"""What a team's hook says where somebody has no cigate: it must neither stop a push nor be silent."""

MISSING = "cigate  not judged, cigate is not installed here.  The push goes on."
OR_GO_ON = f'command -v cigate-hook >/dev/null || {{ echo "{MISSING}" >&2; exit 0; }}'
