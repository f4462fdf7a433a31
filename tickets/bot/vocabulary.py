"""Words of people who ask: what says nothing, what says the same, and how it is misspelt. Data; measured by a test."""

# What a question is cut at: it is asked with these, not about them.
ASKED_WITH = (
    "怎么办 怎么样 怎么回事 咋回事 怎么 咋办 咋样 咋弄 咋 如何 怎样 为什么 为何 为啥 是什么意思 什么意思 什么原因 什么",
    "啥 请问 请教 一下 可以 能不能 能否 是否 是不是 有没有 会不会 要不要 老是 总是 一直 经常 每次 明明 但是 可是 不过",
    "我们 你们 您们 贵司 哪里 哪儿 在哪 哪些 哪个 多久 多少 需要 想要 提示 显示 报错 时候 问题 求助 帮忙 帮我 麻烦",
    "特别 非常 现在 已经 应该 出现 进行 关于 以及 或者 还是 因为 所以 如果 注意事项",
    "的 了 吗 呢 啊 吧 呀 么 嘛 我 你 您 哦 哈 啦",
)
ASKED_WITH_ENGLISH = (
    "a an the to do does did how i we you can cant cannot in of on for and or is are was were be it its my our your",
    "please with not no what why but any don doesn isn when where which who need needs get got there this that has",
    "have had by from at if me us before after very so im t s should would could will about into some then than",
    "always error message says say problem issue help",
)
IDLE = frozenset(word for line in ASKED_WITH for word in line.split())
IDLE_WORDS = frozenset(word for line in ASKED_WITH_ENGLISH for word in line.split())
# What stands inside words too: two characters with one of these count only where some article has them.
LOOSE = frozenset("在有是要想让给把被和与跟也都就还很好这那几再从到对且并及其某每没着")
# Each says the same; the words of one phrase are joined by "_".
SYNONYMS = (
    "员工 同事", "反结账 取消结账", "关账 结账", "月结 月末结账", "年结 年末结转 年末结账", "月底 月末 期末",
    "私有云 私有环境 本地部署", "打补丁 装补丁 升级补丁", "bom 物料清单 bill_of_materials", "零 0 zero",
    "很慢 好慢 太慢 卡 卡顿 半天 slow", "对不上 不一致 不符 不一样 不相符 对不起来 differ", "令牌 token",
    "接口 api openapi", "查不到 找不到 查不出来 搜不到", "未审核 没审核 没有审核 没审 unapproved",
    "不能结案 结不了案 无法结案", "诊断 会诊", "自己的 自定义 个性化", "开通 开 新建 创建", "步骤 流程 顺序 先后 步",
    "区别 不同 差别 difference", "开放接口 open_api open_interface", "提交 提", "权限 授权", "删除 删",
    "空白页 一页空白 空白", "重做 重新做 repeat", "补丁 patch patching", "打开 出来 open", "年结 year-end",
    "月末结账 month-end", "会计期间 期间 period", "税申报表 申报表 纳税申报 申报", "签字 签收 签署",
)  # fmt: skip
SAME = tuple(tuple(word.replace("_", " ") for word in line.split()) for line in SYNONYMS)
# The same in other spellings, a character or a pair for its like.
MISSPELT = {"登陆": "登录", "帐": "账", "凭正": "凭证"}
# Traditional characters of business software, as people in Hong Kong, Macau and Taiwan type them, and the simplified.
TRADITIONAL = (
    "結賬憑證據單庫產報資應稅項條檢審錯誤數過權賣買銷購進處經貨價費計劃導號碼鎖開關啟環變壞製類對帶間實麼為樣會個這裡從無發現問"
    "總與員離職錄補裝統設置續簽約時務業財體質點擊運還沒電話郵維護復雜級別調動轉換輸選擇確認態斷線網絡頁邊側欄圖標題雲倉訂驗",
    "结账凭证据单库产报资应税项条检审错误数过权卖买销购进处经货价费计划导号码锁开关启环变坏制类对带间实么为样会个这里从无发现问"
    "总与员离职录补装统设置续签约时务业财体质点击运还没电话邮维护复杂级别调动转换输选择确认态断线网络页边侧栏图标题云仓订验",
)
