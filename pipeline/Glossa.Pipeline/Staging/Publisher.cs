namespace Glossa.Pipeline.Staging;

/// <summary>Copies finished output into a run folder so that a reader never sees half of it.</summary>
internal static class Publisher
{
    /// <summary>Copies a file or a folder of a stage's output to its place; a folder replaces the one there.</summary>
    /// <param name="output">The stage's stored output.</param>
    /// <param name="path">What goes where.</param>
    /// <param name="sources">The files at the source.</param>
    /// <param name="folder">The run folder.</param>
    public static void Publish(string output, PublishedPath path, IReadOnlyList<StoredFile> sources, RunFolder folder)
    {
        string target = folder.At(path.Target);
        if (sources is [{ } single] && single.Path == path.Source)
        {
            using FileStream source = IoFailure.OpenRead(Path.Combine(output, path.Source));
            AtomicFile.Write(target, source.CopyTo);
            return;
        }
        string building = target + ".new" + AtomicFile.TemporarySuffix;
        string old = target + ".old" + AtomicFile.TemporarySuffix;
        DurableFolder.Delete(building);
        foreach (StoredFile file in sources)
        {
            string copy = Path.Combine(building, Below(path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(output, file.Path), copy);
        }
        DurableFolder.Seal(building);
        DurableFolder.Delete(old);
        if (Directory.Exists(target)) Directory.Move(target, old);
        DurableFolder.Reveal(building, target);
        DurableFolder.Delete(old);
    }

    /// <summary>Where a file of the output stands in the run folder.</summary>
    public static string Target(RunFolder folder, PublishedPath path, StoredFile file) =>
        file.Path == path.Source ? folder.At(path.Target) : Path.Combine(folder.At(path.Target), Below(path, file));

    private static string Below(PublishedPath path, StoredFile file) => file.Path[(path.Source.Length + 1)..];
}
