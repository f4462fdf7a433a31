"""Greetings and thanks, answered shortly. Pure but for the language in use."""

import unicodedata

from django.utils.translation import gettext as _

GREETINGS = frozenset({
    "你好", "您好", "你好啊", "您好啊", "在吗", "在么", "有人吗", "早上好", "上午好", "下午好", "晚上好", "早", "嗨",
    "hi", "hello", "hey", "hello there", "good morning", "good afternoon", "good evening", "anyone there",
})  # fmt: skip
THANKS = frozenset({
    "谢谢", "谢谢你", "谢谢您", "多谢", "感谢", "非常感谢", "谢了", "好的谢谢", "好的,谢谢", "好的", "好", "嗯",
    "知道了", "明白了", "解决了", "可以了", "再见", "拜拜", "ok", "okay", "thanks", "thank you", "thank you very much",
    "thx", "bye", "goodbye", "got it", "great",
})  # fmt: skip
AROUND = " \t\r\n。.!~～,、?;:…'\""


def short_answer(text: str) -> str:
    """Return what is said to a greeting or to thanks; nothing where something is asked."""
    said = " ".join(unicodedata.normalize("NFKC", text).casefold().strip(AROUND).split())
    if said in GREETINGS:
        return _("您好，请直接说您遇到的问题，比如“月末结账提示科目余额不平怎么办”。")
    return _("不客气。还有问题请直接说。") if said in THANKS else ""
