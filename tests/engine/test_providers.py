import pytest

from embedcore.engine.providers import CPU, CUDA, choose_providers, report_providers
from embedcore.errors import ProviderUnavailable

BOTH, CPU_ONLY, WITH_AZURE = (CUDA, CPU), (CPU,), ("AzureExecutionProvider", CPU)


@pytest.mark.parametrize(
    ("requested", "available", "expected"),
    [
        ("auto", BOTH, (CUDA, CPU)),
        ("auto", CPU_ONLY, (CPU,)),
        ("auto", WITH_AZURE, (CPU,)),
        ("cpu", BOTH, (CPU,)),
        ("cpu", CPU_ONLY, (CPU,)),
        ("cuda", BOTH, (CUDA, CPU)),
        ("cuda", CPU_ONLY, None),
        ("cuda", WITH_AZURE, None),
        ("tpu", BOTH, None),
        ("", CPU_ONLY, None),
    ],
)
def test_choice_by_truth_table(requested, available, expected):
    if expected is None:
        with pytest.raises(ProviderUnavailable, match=r"choose"):
            choose_providers(requested, available)
    else:
        assert choose_providers(requested, available) == expected


@pytest.mark.parametrize(
    ("requested", "available", "running", "actual", "reason"),
    [
        ("auto", BOTH, BOTH, "cuda", "started"),
        ("auto", BOTH, CPU_ONLY, "cpu", "could not start"),
        ("auto", CPU_ONLY, CPU_ONLY, "cpu", "requirements-gpu.txt"),
        ("cpu", BOTH, CPU_ONLY, "cpu", "asked for"),
        ("cuda", BOTH, BOTH, "cuda", "started"),
    ],
)
def test_report_says_what_runs_and_why(requested, available, running, actual, reason):
    report = report_providers(requested, available, running)
    assert report.actual == actual
    assert reason in report.reason
    assert (report.requested, report.available) == (requested, available)


def test_cuda_that_falls_back_is_an_error_not_a_silence():
    with pytest.raises(ProviderUnavailable, match="could not start"):
        report_providers("cuda", BOTH, CPU_ONLY)
