"""libpq's own program for pipelines, from the source of the server that is installed; each of its tests is one run of it."""

import shutil

from . import CACHE, Suite, debian_files, debian_source, environment_of, must, server_package, shell

# Their traces on libpq's side of the wire are compared with those that the source brings.
TRACED = "simple_pipeline nosync multi_pipelines prepared singlerow pipeline_abort pipeline_idle transaction disallowed_in_pipeline".split()


class LibpqPipeline(Suite):
    name = "libpq_pipeline"
    quick = True

    def fetch(self):
        package, major, version = server_package()
        module = debian_source(self, package, version) / "src/test/modules/libpq_pipeline"
        self.traces, self.program = module / "traces", self.work / "libpq_pipeline"
        if not self.program.exists():
            development = debian_files(self, f"postgresql-server-dev-{major}", version) / "usr"
            libraries = development / f"lib/postgresql/{major}/lib"
            must([
                "cc", "-O1", "-o", self.program, module / "libpq_pipeline.c", "-I/usr/include/postgresql",
                "-I/usr/include/postgresql/internal", f"-I{development}/include/postgresql/{major}/server",
                "-lpq", libraries / "libpgcommon.a", libraries / "libpgport.a", "-lm",
            ])  # fmt: skip
        return version.split("-")[0]

    def run(self, stage, only=None):
        tests = must([self.program, "tests"]).split()
        outcomes = {}
        for test in [test for test in tests if not only or test in only]:
            trace = stage.directory / f"{test}.trace"
            extra = ["-t", trace] if test in TRACED else []
            target = f"host=127.0.0.1 port={stage.port} user=postgres dbname=postgres"
            log = CACHE / "logs" / f"libpq_pipeline.{stage.label()}.{test}.out"
            log.parent.mkdir(parents=True, exist_ok=True)
            code, _ = shell([self.program, "-r", "700", *extra, test, target], log, 60, env=environment_of({}))
            same = code == 0 and (not extra or trace.read_text() == (self.traces / f"{test}.trace").read_text())
            if trace.exists():
                shutil.copy(trace, log.with_suffix(".trace"))
            outcomes[test] = "passed" if same else "failed"
        return outcomes
