using Glossa.Models.Gradients;
using NUnit.Framework;

namespace Glossa.Models.Tests.Gradients;

[TestFixture]
public sealed class OperatorListTests
{
    [Test]
    public void Markdown_EqualsTheDocument()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pipeline.sln"))) folder = folder.Parent;
        string document = File.ReadAllText(Path.Combine(folder!.FullName, "docs", "operators.md")).ReplaceLineEndings("\n");
        Assert.That(document, Is.EqualTo(OperatorList.Markdown()), "write it again: glossa ops --markdown > docs/operators.md");
    }

    [Test]
    public void All_EachOperatorStandsOnce() => Assert.That(OperatorList.All.Select(o => o.Name), Is.Unique);
}
