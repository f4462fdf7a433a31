// Ink, paper, seal: the product's own look, closed off from the host's by a reset on the inner wrapper.

const DARK = `--paper:#131418;--sheet:#1b1c21;--well:#22242a;--ink:#ede8dc;--ink-2:#aea899;--line:#303238;--edge:#7f8086;--jade:#6cc9a2;--jade-wash:#16302a;--amber:#e6b04c;--amber-wash:#352812;--seal:#ff8a72;--seal-wash:#3d1d18;--slate-wash:#262c33;--shadow:0 1px 2px rgb(0 0 0/40%),0 8px 24px rgb(0 0 0/40%);color-scheme:dark`;

export const CSS = `
:host(.is-afloat){all:initial!important;display:block!important}
.root{all:initial;display:block;--paper:#faf8f3;--sheet:#fffefa;--well:#f2eee4;--ink:#1f1d19;--ink-2:#5b564c;--line:#e3ddd0;--edge:#8a8375;--jade:#1c6b50;--jade-wash:#e4f0e9;--amber:#7d4f00;--amber-wash:#faefd6;--seal:#b02a1a;--seal-wash:#fae6e0;--slate-wash:#e9ecee;--shadow:0 1px 2px rgb(31 29 25/6%),0 8px 24px rgb(31 29 25/14%);color-scheme:light;
font:14px/1.55 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue",Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:var(--ink);text-align:start;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
@media (prefers-color-scheme:dark){.root:not([data-theme=light]){${DARK}}}
.root[data-theme=dark]{${DARK}}
.root:not(.is-inline){position:fixed;inset:0 auto auto 0;width:0;height:0;overflow:visible}
.root *,.root *::before,.root *::after{box-sizing:border-box}
h2,h3,p,ul,fieldset,legend{margin:0;padding:0;border:0;font:inherit;list-style:none;min-width:0}
button,input,select,textarea{font:inherit;color:inherit;margin:0}
button{cursor:pointer;background:none;border:0;padding:0}
button:disabled{cursor:default;opacity:.55}
a{color:inherit}
:focus{outline:none}
:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.i{width:18px;height:18px;flex:none;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
.launcher{position:fixed;z-index:2147483000;inset:auto 20px 20px auto;display:flex;align-items:center;gap:8px;min-height:48px;padding:0 18px 0 16px;border-radius:24px;background:var(--ink);color:var(--paper);box-shadow:var(--shadow);font-weight:600}
.launcher .i{width:20px;height:20px}
.badge{position:absolute;inset:-6px -4px auto auto;min-width:20px;height:20px;padding:0 5px;border-radius:10px;background:var(--seal);color:var(--sheet);font-size:12px;line-height:20px;text-align:center}
.panel{position:fixed;z-index:2147483000;inset:auto 20px 20px auto;display:flex;flex-direction:column;width:384px;height:min(640px,calc(100vh - 40px));height:min(640px,calc(100dvh - 40px));background:var(--paper);border:1px solid var(--line);border-radius:8px;box-shadow:var(--shadow);overflow:hidden;animation:rise .12s ease-out}
@keyframes rise{from{opacity:0;transform:translateY(8px)}}
.panel:focus{outline:none}
.is-inline .panel{position:static;width:100%;height:min(680px,calc(100dvh - 236px));min-height:420px;box-shadow:none;animation:none}
.head{display:flex;align-items:center;gap:8px;padding:12px 12px 12px 16px;background:var(--sheet);border-bottom:1px solid var(--line)}
.head .who{flex:1;min-width:0}
.head h2{font-size:15px;font-weight:650;line-height:1.3}
.head p{font-size:12px;color:var(--ink-2);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.head.is-active p{color:var(--jade)}
.head.is-waiting p{color:var(--amber)}
.plain{display:grid;place-items:center;width:36px;height:36px;border-radius:4px;color:var(--ink-2)}
.plain:hover{background:var(--well);color:var(--ink)}
.blank{flex:1;display:grid;place-content:center;gap:16px;padding:32px;text-align:center;justify-items:center}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:16px;display:flex;flex-direction:column;gap:10px;outline-offset:-2px}
.log:focus-visible{outline-offset:-3px}
.say{display:flex;flex-direction:column;align-items:flex-start;gap:4px;max-width:86%}
.say.is-mine{align-self:flex-end;align-items:flex-end}
.name,.when{font-size:12px;color:var(--ink-2)}
.bubble{padding:8px 12px;border:1px solid var(--line);border-radius:2px 8px 8px 8px;background:var(--sheet);white-space:pre-wrap;overflow-wrap:anywhere}
.is-mine .bubble{border-radius:8px 2px 8px 8px;background:var(--ink);border-color:var(--ink);color:var(--paper)}
.is-agent .bubble{border-color:var(--jade);background:var(--jade-wash)}
.bubble .i{vertical-align:-4px}
.is-pending .bubble{opacity:.75}
.is-failed .bubble{background:var(--seal-wash);color:var(--seal);border-color:var(--seal);opacity:1}
.why{font-size:13px;color:var(--seal)}
.event,.typing,.zone{font-size:12px;color:var(--ink-2);white-space:pre-line}
.zone{align-self:center}
.say .bubble canvas{display:block;max-width:100%;margin-block-end:4px;border-radius:4px}
.event.is-long{text-align:start}
.event{align-self:center;max-width:94%;padding:4px 10px;text-align:center;border-radius:4px;background:var(--well)}
.articles{display:flex;flex-direction:column;gap:6px;width:100%}
.articles a,.unlinked,.file{display:flex;align-items:center;gap:8px;width:100%;padding:8px 10px;border:1px solid var(--line);border-radius:4px;background:var(--sheet);text-decoration:none;text-align:start;overflow-wrap:anywhere}
.articles a:hover,.file:hover{border-color:var(--edge)}
.articles a span:first-of-type{text-decoration:underline;text-underline-offset:3px;text-decoration-thickness:1px}
.file small{margin-inline-start:auto;color:var(--ink-2);font-size:12px;white-space:nowrap}
.picture{border:1px solid var(--line);border-radius:4px;overflow:hidden;min-width:48px;min-height:48px;background:var(--well);line-height:0}
.judge{display:flex;align-items:center;gap:6px;font-size:12px;color:var(--ink-2)}
.chip{display:inline-flex;align-items:center;gap:6px;min-height:32px;padding:0 12px;border:1px solid var(--edge);border-radius:16px;background:var(--sheet);text-decoration:none;font-size:13px;white-space:nowrap}
.chip:hover:not(:disabled){background:var(--well)}
.chip .i{width:16px;height:16px}
.chip.is-small{min-height:26px;padding:0 10px;font-size:12px}
.chip[aria-pressed=true]{background:var(--ink);border-color:var(--ink);color:var(--paper)}
.chip.is-last{margin-inline-start:auto;border-color:transparent;background:none;color:var(--ink-2);padding:0 6px}
.first{display:inline-flex;align-items:center;justify-content:center;gap:8px;min-height:40px;padding:0 18px;border-radius:4px;background:var(--ink);color:var(--paper);font-weight:600;text-decoration:none}
.first.round{width:40px;padding:0}
.first:disabled{opacity:.4}
.jump{align-self:center;display:flex;align-items:center;gap:4px;margin:-44px 0 8px;min-height:32px;padding:0 12px;border-radius:16px;background:var(--ink);color:var(--paper);font-size:12px;box-shadow:var(--shadow);position:relative}
.foot{border-top:1px solid var(--line);background:var(--sheet)}
.notice{padding:8px 16px;font-size:13px;background:var(--slate-wash)}
.notice.is-off{background:var(--seal-wash);color:var(--seal)}
.notice.is-waiting{background:var(--amber-wash);color:var(--amber)}
.notice strong{font-weight:650}
.acts{display:flex;flex-wrap:wrap;align-items:center;gap:6px;padding:10px 12px 0}
.compose{display:flex;align-items:flex-end;gap:4px;padding:8px 12px 12px}
.compose textarea{flex:1;min-width:0;max-height:120px;padding:9px 10px}
.compose .plain{width:40px;height:40px}
textarea,select,input:not([type=radio]):not([type=file]){width:100%;padding:9px 10px;border:1px solid var(--edge);border-radius:4px;background:var(--paper);resize:none;line-height:20px}
textarea:focus-visible,select:focus-visible,input:focus-visible{outline-offset:-1px}
::placeholder{color:var(--ink-2);opacity:1}
progress{width:160px;height:6px;accent-color:var(--jade)}
.form{flex:1;overflow-y:auto;padding:16px;display:flex;flex-direction:column;gap:14px}
.form h3{font-size:17px;font-weight:650;display:flex;align-items:center;gap:8px}
.told h3 .i{color:var(--jade);width:22px;height:22px}
.lead{font-size:13px;color:var(--ink-2)}
.field{display:flex;flex-direction:column;gap:4px}
.field label{font-weight:600}
.questions{display:flex;flex-direction:column;gap:10px;padding:12px;border:1px solid var(--line);border-radius:4px;background:var(--sheet);font-size:13px}
.questions label{display:inline-flex;align-items:center;gap:6px;min-height:28px;margin-inline-end:20px}
.fault{padding:10px 12px;border-inline-start:3px solid var(--seal);background:var(--seal-wash);font-size:13px}
.foretold{padding:10px 12px;border-inline-start:3px solid var(--jade);background:var(--jade-wash);font-size:13px}
.foretold.is-no{border-color:var(--amber);background:var(--amber-wash)}
.foretold .lead{color:inherit}
.fault ul,.foretold ul{padding-inline-start:18px}
.fault li,.foretold li{list-style:disc;overflow-wrap:anywhere}
.tag{align-self:flex-start;padding:2px 8px;border-radius:4px;background:var(--amber-wash);color:var(--amber);font-size:13px}
.send{display:flex;flex-wrap:wrap;align-items:center;gap:8px}
.rate{display:flex;flex-direction:column;gap:10px;padding:14px 16px}
.stars{display:flex;flex-wrap:wrap;gap:2px}
.stars legend{width:100%;font-weight:600;margin-bottom:4px}
.stars label{position:relative;display:grid;place-items:center;width:36px;height:36px;color:var(--ink-2);border-radius:4px}
.stars input{position:absolute;inset:0;width:100%;height:100%;opacity:0;cursor:pointer}
.stars label:focus-within{outline:2px solid var(--ink)}
.stars .i{width:26px;height:26px}
.stars .is-on{color:var(--amber)}
.stars .is-on .i{fill:currentColor}
@media (max-width:520px){
.root:not(.is-inline) .panel{inset:0;width:auto;height:100vh;height:100dvh;border:0;border-radius:0}
.launcher{inset:auto 16px 16px auto}
textarea,select,input:not([type=radio]):not([type=file]){font-size:16px}
}
@media (prefers-reduced-motion:reduce){.panel{animation:none}}
@media (forced-colors:active){.bubble,.chip,.first,.launcher{border:1px solid}}
`;
