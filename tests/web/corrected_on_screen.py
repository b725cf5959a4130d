"""What an agent does with the mouse to correct a caller's address."""

from playwright.sync_api import Locator


def correct_the_address(caller: Locator, address: str) -> None:
    """`caller` is the column of the person who calls, verified."""
    caller.get_by_role("link", name="更正资料").click()
    caller.get_by_label("更正或补充").select_option(label="联系地址")
    caller.get_by_role("button", name="填写").click()
    caller.get_by_label("客户说的联系地址").fill(address)
    caller.get_by_text("核身后口述").click()
    caller.get_by_role("button", name="保存更正").click()
