"""Which adapter reads which channel."""

from tickets.channels.alertmanager import Alertmanager
from tickets.channels.base import Channel
from tickets.channels.community import Community
from tickets.channels.discourse import Discourse
from tickets.channels.hook import Hook
from tickets.channels.hotline import Hotline
from tickets.channels.huawei_cec import HuaweiCec
from tickets.channels.im import Im
from tickets.channels.in_product import InProduct
from tickets.channels.mail_hook import MailHook
from tickets.channels.plain import Email, Monitoring
from tickets.channels.portal import Portal
from tickets.channels.tencent import Tencent
from tickets.channels.twilio import Twilio

# Channels that programs post to in the plain form.
SERVED = ("im", "hotline", "portal", "community", "email", "in_product", "monitoring")
ADAPTERS: dict[str, Channel] = {
    adapter.key: adapter for adapter in (Im(), Hotline(), Portal(), Community(), Email(), InProduct(), Monitoring())
}
# Other programs' own forms, by the name under which they call; each is done by a line in `tickets.actions.hooks`.
_HOOKS: tuple[Hook, ...] = (Twilio(), Tencent(), HuaweiCec(), Discourse(), MailHook(), Alertmanager())
HOOKS: dict[str, Hook] = {hook.key: hook for hook in _HOOKS}
