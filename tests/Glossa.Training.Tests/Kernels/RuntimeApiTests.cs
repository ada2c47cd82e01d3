using System.Reflection;
using Glossa.Training.Kernels;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Glossa.Training.Tests.Kernels;

public sealed class RuntimeApiTests
{
    [Test]
    public void Entries_AreWhereTheRuntimesOwnPackageHasThem()
    {
        Type table = typeof(InferenceSession).Assembly.GetType("Microsoft.ML.OnnxRuntime.OrtApi")!;
        string[] names = [.. table.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(field => field.Name)];
        foreach (RuntimeApi.Entry entry in Enum.GetValues<RuntimeApi.Entry>()) Assert.That(names[(int)entry], Is.EqualTo(entry.ToString()));
    }
}
