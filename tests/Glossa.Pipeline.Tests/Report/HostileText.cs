namespace Glossa.Pipeline.Tests.Report;

/// <summary>Names that try to become markup.</summary>
internal static class HostileText
{
    public static readonly string[] All =
    [
        "<script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' onload='x", "</title></svg><img src=x onerror=alert(1)>", "]]><b>",
        "&lt;i&gt;&amp;", "<!-- ", "\u202Eevil\u202C", "\u2066x\u2069", "nul\0and\u0007", "\uD800lone", "line\nbreak\r\n# heading", "| cell | **bold** `code`",
        "[link](javascript:alert(1))", "![img](http://example.invalid/x.png)", "$math$", "\\", "...", "", "   ", "\u2028para\u2029", "\uFFFE",
    ];
}
