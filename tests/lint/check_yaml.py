"""No YAML file gives a key twice: most readers silently take the last one."""
import yaml
from tree import finish, read, tracked

findings = []


class Strict(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                mark = key.start_mark
                findings.append(f"{mark.name}:{mark.line + 1}:{mark.column + 1}: {key.value} is given twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


files = tracked("*.yaml", "*.yml")
for path in files:
    loader = Strict(read(path))
    loader.name = str(path)
    while loader.check_data():
        loader.get_data()
finish(findings, len(files))
