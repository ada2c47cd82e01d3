using Glossa.Pipeline.Export;

namespace Glossa.Pipeline.Optimize;

/// <summary>Where a model to optimize stands.</summary>
/// <param name="File">The model file.</param>
/// <param name="Folder">The model folder around it, or null where a file was named.</param>
internal sealed record ModelSource(string File, string? Folder)
{
    // What stands beside a model in a folder that clients open: configuration, tokenizer, its text files, the pooling of sentence encoders.
    private static readonly string[] Companions = ["*.json", "*.txt", "*.model", "*.jinja", "LICENSE*"];

    /// <summary>Finds the model that a path names.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static ModelSource Find(string path)
    {
        if (System.IO.File.Exists(path)) return new ModelSource(path, null);
        if (!Directory.Exists(path)) throw new InputException("no such model file or folder", path, "check the path");
        string[] places = [Path.Combine(path, "onnx", "model.onnx"), Path.Combine(path, "model.onnx")];
        return places.FirstOrDefault(System.IO.File.Exists) is { } file
            ? new ModelSource(file, path)
            : throw new InputException("the folder has neither onnx/model.onnx nor model.onnx", path, "name the model file");
    }

    /// <summary>Where the file of a precision goes: in the layout that clients look for, for a folder; side by side, for a file.</summary>
    public string Target(string folder, ExportPrecision precision) =>
        Folder is null ? Path.Combine(folder, Path.GetFileName(precision.File())) : ModelFolder.PathOf(folder, precision);

    /// <summary>Copies all but the models into the results' folder.</summary>
    public void CopyCompanions(string folder)
    {
        if (Folder is null || Path.GetFullPath(Folder) == Path.GetFullPath(folder)) return;
        foreach (string inner in Directory.GetDirectories(Folder).Prepend(Folder).Where(d => Path.GetFileName(d) != "onnx"))
        {
            foreach (string file in Companions.SelectMany(pattern => Directory.GetFiles(inner, pattern)).Distinct())
            {
                using FileStream stream = IoFailure.OpenRead(file, "file of the model folder");
                AtomicFile.Write(Path.Combine(folder, Path.GetRelativePath(Folder, file)), stream.CopyTo);
            }
        }
    }
}
