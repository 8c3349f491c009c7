"""A pytest plugin: a property test that fails says so at once, without looking for its smallest example.

A mutant's test only has to fail. To find the smallest example takes minutes where one example takes milliseconds.
"""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile("unshrunk", phases=[Phase.explicit, Phase.reuse, Phase.generate])
settings.load_profile("unshrunk")
