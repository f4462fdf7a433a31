"""Whether a customer's words ask for a person, and for nothing else. Pure. Source: Y06"""

import re
import unicodedata

AROUND = " \t\r\n。.!！?？,，、~～【】[]「」“”\"'…"
# 人工 in a sentence that says no more than who is wanted: 「请帮我转人工」 does, 「人工费用怎么记账」 does not.
CHINESE = re.compile(
    r"(?:(?:你好|您好|喂|请|麻烦|劳驾|快|赶紧|直接|立刻|马上|帮我|给我|我|想|要|需要|能不能|能否|能|可以|可不可以|是否)"
    r"[你您]?[,，、 ]*)*"
    r"(?:转接?|接|找|叫|换|请|切换?|联系|呼叫|有没有|有)?(?:到|成|一下|一?[个位名])*"
    r"(?:真人|转?人工)+"
    r"(?:在线)?(?:客服|服务|坐席|座席|专员|同事|热线)?(?:人员)?(?:聊聊?|沟通|咨询|处理|回答|解答|接待)?"
    r"[,，、。 ]*(?:吧|啊|呢|呀|啦|在吗|在么|有吗|好吗|好么|可以吗|行吗|吗|么|谢谢[你您]?|多谢|[!！?？。~～ ])*"
)
ENGLISH = re.compile(
    r"(?:(?:hi|hello|hey|please|pls|ok|no),? )*"
    r"(?:(?:i |we )?(?:would like|want|need|wish|'d like|’d like|prefer)(?: to)? |(?:i'd|i’d) like (?:to )?|"
    r"(?:can|could|may) (?:i|you|we)(?: please)? |let me |get me |give me |connect me |transfer me |put me through )?"
    r"(?:(?:talk|speak|chat|be connected|be transferred|connect|transfer)(?: me)? |(?:get|have|reach|contact|see) )?"
    r"(?:to |with )*(?:an? |the |some )?(?:real |live |actual )*"
    r"(?:human|agent|person|human agent|human being|representative|operator|live chat|support agent)"
    r"(?: support| agent| service)?(?: please| pls| now| here| thanks| thank you|,)*"
)
# In a sentence of their own, short enough to be nothing but that.
LONGEST = 60


def asks_for_a_person(body: str) -> bool:
    """Tell whether a message asks for a person and for nothing else, in any case and width."""
    if len(body) > LONGEST:
        return False
    said = " ".join(unicodedata.normalize("NFKC", body).casefold().replace("轉", "转").split()).strip(AROUND)
    return bool(said) and bool(CHINESE.fullmatch(said) or ENGLISH.fullmatch(said))
