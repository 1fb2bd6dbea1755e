"""A controller to see and to touch: the live page in a browser, a page without a server, MuJoCo's viewer."""

from typing import TYPE_CHECKING

from premotor.lazy import lazy_exports

if TYPE_CHECKING:
    from premotor.view.layout import (
        activity_colours as activity_colours,
        group_colours as group_colours,
        neuron_layout as neuron_layout,
        neuron_text as neuron_text,
    )
    from premotor.view.live import LivePage as LivePage
    from premotor.view.scene import Scene as Scene
    from premotor.view.serving import (
        play_in_browser as play_in_browser,
        start_server as start_server,
        write_page as write_page,
    )
    from premotor.view.session import LiveSession as LiveSession
    from premotor.view.spiking import (
        SpikingPage as SpikingPage,
        play_spiking_in_browser as play_spiking_in_browser,
    )
    from premotor.view.viewer import play_in_viewer as play_in_viewer
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__)
