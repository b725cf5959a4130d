"""Every setting, typed, in one place; nothing else reads the environment. docs/running.md has the table."""

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ZHIDA_", env_file=".env", extra="ignore")

    data_dir: Path = Field(Path("zhida-data"), description="数据目录：数据库、检索索引、导入文件")
    database_url: str = Field("", description="数据库地址；留空则使用数据目录里的 SQLite 文件")
    elasticsearch_url: str = Field(
        "", description="Elasticsearch 地址，几个节点用逗号隔开；留空用随程序的索引"
    )
    elasticsearch_api_key: str = Field("", description="Elasticsearch 的 API key；与用户名二选一")
    elasticsearch_user: str = Field("", description="Elasticsearch 用户名")
    elasticsearch_password: str = Field("", description="Elasticsearch 密码")
    elasticsearch_ca: str = Field(
        "", description="签发 Elasticsearch 证书的 CA 文件；留空用公共机构的（certifi）"
    )
    elasticsearch_prefix: str = Field(
        "zhida", pattern="^[a-z][a-z0-9_]*$", description="索引名的开头；几个中心共用一个集群时各取一个"
    )
    elasticsearch_timeout: float = Field(2.0, gt=0, le=60, description="一次查询最多等 Elasticsearch 几秒")
    embedding_model: str = Field(
        "bundled", description="语义模型：bundled 随包模型，none 不用语义，或已下载的模型名、模型所在的文件夹"
    )
    embedding_dimension: int = Field(0, ge=0, description="语义向量维数；0 用模型自己的，能截短的可设小")
    embedding_query_prompt: str = Field("auto", description="查询前的提示语：auto 按模型，写空则不加")
    embedding_passage_prompt: str = Field("auto", description="知识前的提示语：auto 按模型，写空则不加")
    embedding_batch: int = Field(8, ge=1, le=256, description="后台一次编码的文字段数；有 GPU 时可设大")
    embedding_device: str = Field("auto", description="在哪里算语义：auto 有 GPU 就用，或 cpu、cuda、cuda:1")
    embedding_threads: int = Field(0, ge=0, le=64, description="语义进程的线程数；0 是核数的一半，最多 4")
    web_processes: int = Field(
        1, ge=1, le=32, description="网页进程数；查询多时设为处理器核数，每个进程各占一份检索内存"
    )
    web_threads: int = Field(
        4, ge=2, le=64, description="一个网页进程同时处理几个请求，其余按先后排队；一起算只会都变慢"
    )
    encoder_processes: int = Field(2, ge=1, le=16, description="回答查询的语义编码进程数")
    reranker: str = Field("", description="精排模型：已下载的模型名，或模型所在的文件夹；留空不用精排")
    data_keys: str = Field(
        "", description="加密证件号的密钥：名称:密钥，多个用逗号隔开，现用的在前；留空则在数据目录里生成一个"
    )
    drop_dir: str = Field(
        "", description="用户资料文件的交换目录，每个来源一个子目录；留空用数据目录里的 drop"
    )
    load_error_percent: float = Field(
        0.5, ge=0, le=100, description="一份用户资料文件里坏行超过百分之几就暂停，由人决定"
    )
    load_swing_percent: float = Field(
        3.0, ge=0, le=100, description="全量文件行数与现有相差超过百分之几就暂停，由人决定"
    )
    host: str = Field("127.0.0.1", description="监听地址；0.0.0.0 让局域网同事访问")
    port: int = Field(8000, ge=0, le=65535, description="监听端口")
    secure_cookies: bool = Field(default=False, description="只经 HTTPS 发送登录 Cookie；有 HTTPS 代理时打开")
    trusted_proxies: str = Field("127.0.0.1", description="可信的反向代理地址，逗号分隔")
    session_hours: int = Field(12, ge=1, le=48, description="登录有效时长（小时），约一个班次")
    upload_limit_mb: int = Field(32, ge=1, le=512, description="上传文件的大小上限（MB）")
    operator_name: str = Field("星河通信", description="页面上显示的运营商名称")
    jobs_in_web: bool = Field(default=True, description="网页进程是否兼做后台任务；另开 zhida jobs 时可关")
    log_level: str = Field("INFO", description="日志级别")

    @property
    def drop(self) -> Path:
        return Path(self.drop_dir) if self.drop_dir else self.data_dir / "drop"

    @property
    def database(self) -> str:
        """The address in SQLAlchemy's form."""
        if not self.database_url:
            return f"sqlite:///{self.data_dir.absolute() / 'zhida.sqlite3'}"
        return through_psycopg(self.database_url)


def through_psycopg(address: str) -> str:
    """Say the driver, if the address does not: a plain postgresql:// means psycopg 3."""
    return address.replace("postgresql://", "postgresql+psycopg://", 1)


@cache
def settings() -> Settings:
    return Settings()
