namespace Glossa.Pipeline.Optimize;

/// <summary>Every model folder inside a folder.</summary>
public static class OptimizeSet
{
    /// <summary>Optimizes them in the order of their names, each into a folder of its name.</summary>
    /// <exception cref="InputException">There is no such folder, or no model in it.</exception>
    public static IReadOnlyList<(string Name, OptimizeResult Result)> Run(OptimizeOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Directory.Exists(options.Model)) throw new InputException("no such folder", options.Model, "name the folder that holds model folders");
        string[] folders = [.. Directory.GetDirectories(options.Model)
            .Where(folder => File.Exists(Path.Combine(folder, "model.onnx")) || File.Exists(Path.Combine(folder, "onnx", "model.onnx"))).Order(StringComparer.Ordinal)];
        if (folders.Length == 0) throw new InputException("no folder in it holds a model", options.Model, "leave out --all to optimize the folder itself");
        return [.. folders.Select(folder => (Path.GetFileName(folder), OptimizeJob.Run(options with { Model = folder, Out = Path.Combine(options.Out, Path.GetFileName(folder)) }, cancellation)))];
    }
}
