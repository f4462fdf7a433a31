"""`manage.py run_json --url URL`: print how to get into the running demo, as `var/run.json` keeps it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tickets.demo.introducing import introduction


class Command(BaseCommand):
    help = "以 JSON 输出演示的地址、渠道密钥、令牌、登录账号和联系人。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="产品的对外地址")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(introduction(options["url"]), ensure_ascii=False, indent=2))
