"""The program beside others that do the same work, in one run on one machine. No part of CI, and no dependency."""
