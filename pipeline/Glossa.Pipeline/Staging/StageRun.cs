using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Glossa.Pipeline.Configuration;

namespace Glossa.Pipeline.Staging;

/// <summary>One stage in one run: its key, the reuse or the work, and what the run folder gets of it.</summary>
internal sealed class StageRun
{
    private readonly IStage _stage;
    private readonly RunConfig _config;
    private readonly RunOptions _options;
    private readonly RunFolder _folder;
    private readonly StageStore _store;
    private readonly IReadOnlyList<StageRecord> _finished;
    private readonly object _settings;
    private readonly string _settingsJson;
    private readonly SortedDictionary<string, string> _inputs = new(StringComparer.Ordinal);
    private readonly StageRecord[] _earlier;
    private readonly string _key;

    public StageRun(
        IStage stage, RunConfig config, RunOptions options, RunFolder folder, StageStore store,
        IReadOnlyDictionary<InputFile, string> files, IReadOnlyList<StageRecord> finished)
    {
        (_stage, _config, _options, _folder, _store, _finished) = (stage, config, options, folder, store, finished);
        _settings = stage.SelectSettings(config);
        _settingsJson = CanonicalJson.Of(_settings);
        foreach (InputFile file in stage.SelectFiles(config)) _inputs["file:" + file.Name] = files[file];
        _earlier = [.. finished.Where(record => stage.Inputs.Contains(record.Name))];
        foreach (StageRecord input in _earlier) _inputs["stage:" + input.Name] = input.ContentHash;
        string version = stage.Version.ToString(CultureInfo.InvariantCulture);
        _key = ContentHash.OfParts([stage.Name, version, _settingsJson, .. _inputs.SelectMany(input => new[] { input.Key, input.Value })]);
    }

    private string Scratch => _folder.At(".scratch", $"{_stage.Name}-{_key[..16]}");

    /// <summary>Reuses the stored result, or does the work; then brings the run folder up to date.</summary>
    public StageRecord Run(CancellationToken cancellation)
    {
        StageManifest? manifest = _options.Fresh ? null : _store.Find(_key, _options.Verify);
        // A stage that gives away more than its stored result holds was changed without raising its version.
        if (manifest is not null && _stage.Published.Any(path => Sources(manifest, path).Count == 0)) manifest = null;
        bool cached = manifest is not null;
        if (manifest is null)
        {
            _options.Progress.StageStarted(_stage.Name);
            manifest = Work(cancellation);
        }
        StageRecord record = new(
            _stage.Name, _stage.Version, _key, manifest.ContentHash, _store.Output(_key), manifest.Seconds, cached);
        Publish(manifest, record);
        DurableFolder.Delete(Scratch);
        _options.Progress.StageFinished(_stage.Name, record.Seconds, cached);
        return record;
    }

    private StageManifest Work(CancellationToken cancellation)
    {
        if (_options.Fresh) DurableFolder.Delete(Scratch);
        string output = _store.Begin(_key);
        StageContext context = new(
            output, Scratch,
            _earlier.ToDictionary(input => input.Name, input => input.Folder),
            _stage.SelectFiles(_config).ToDictionary(file => file.Name, file => file.Path))
        {
            Engine = _config.Engine,
            Progress = _options.Progress,
            Cancellation = cancellation,
            Finished = _finished,
        };
        long start = Stopwatch.GetTimestamp();
        try
        {
            _stage.Run(_settings, context);
            double seconds = Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 3);
            return _store.Complete(_stage, _key, seconds);
        }
        catch
        {
            _store.Clear();
            throw;
        }
    }

    private void Publish(StageManifest manifest, StageRecord record)
    {
        string file = _folder.At("stages", _stage.Name + ".json");
        using JsonDocument settings = JsonDocument.Parse(_settingsJson);
        StageFile now = new(
            _stage.Name, _stage.Version, _key, settings.RootElement, _inputs, manifest.ContentHash, manifest.Files, manifest.Seconds, record.Cached);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(now, StagingJson.Default.StageFile);
        byte[] before = File.Exists(file) ? File.ReadAllBytes(file) : [];
        // The record is written last: where it names this content, what it stands for was published whole.
        bool published = PublishedContent(before) == manifest.ContentHash;
        if (!published && before.Length > 0) File.Delete(file);
        foreach (PublishedPath path in _stage.Published)
        {
            List<StoredFile> sources = Sources(manifest, path);
            if (sources.Count == 0) throw new InvalidOperationException($"stage '{_stage.Name}' did not write '{path.Source}'");
            if (!published || !sources.All(source => IsThere(path, source))) Publisher.Publish(record.Folder, path, sources, _folder);
        }
        if (!json.AsSpan().SequenceEqual(before)) AtomicFile.WriteBytes(file, json);
    }

    private static List<StoredFile> Sources(StageManifest manifest, PublishedPath path) =>
        [.. manifest.Files.Where(file => file.Path == path.Source || file.Path.StartsWith(path.Source + "/", StringComparison.Ordinal))];

    private bool IsThere(PublishedPath path, StoredFile source)
    {
        FileInfo info = new(Publisher.Target(_folder, path, source));
        return info.Exists && info.Length == source.Bytes && (!_options.Verify || ContentHash.OfFile(info.FullName) == source.Hash);
    }

    private static string? PublishedContent(byte[] stageFile)
    {
        try
        {
            return stageFile.Length == 0 ? null : JsonSerializer.Deserialize(stageFile, StagingJson.Default.StageFile)?.ContentHash;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
