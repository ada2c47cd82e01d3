namespace Glossa.Pipeline.Staging;

/// <summary>What is known of a finished stage.</summary>
/// <param name="Name">The stage.</param>
/// <param name="Version">Its version.</param>
/// <param name="Key">Hash of version, settings and inputs.</param>
/// <param name="ContentHash">Hash of all it wrote.</param>
/// <param name="Folder">Where its output stands; never write there.</param>
/// <param name="Seconds">How long the work took, when it was done.</param>
/// <param name="Cached">True where this run reused a stored result.</param>
public sealed record StageRecord(string Name, int Version, string Key, string ContentHash, string Folder, double Seconds, bool Cached);
