// Links of a dashboard to other dashboards (by tag) and pages.
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { sceneGraph } from '@grafana/scenes';
import { Dropdown, Icon, Menu, useStyles2 } from '@grafana/ui';
import { Link } from 'react-router-dom';
import { searchDashboards } from '../../api/dashboards';
import type { DashboardScene } from '../../dashboard/DashboardScene';
import { carryParameters, cleanLink } from '../../dashboard/links';
import type { DashboardLink } from '../../dashboard/model';
import { useResource } from '../../lib/useResource';

export function DashboardLinks({ links, scene }: { links: DashboardLink[]; scene: DashboardScene }) {
  const styles = useStyles2(getStyles);
  if (links.length === 0) {
    return null;
  }
  return (
    <div className={styles.links}>
      {links.map((link) =>
        link.type === 'dashboards' ? (
          <TaggedLinks key={`${link.title} ${link.tags?.join()}`} link={link} scene={scene} />
        ) : (
          <OneLink
            key={`${link.title} ${link.url}`}
            link={link}
            title={sceneGraph.interpolate(scene, link.title)}
            url={sceneGraph.interpolate(scene, link.url ?? '')}
          />
        ),
      )}
    </div>
  );
}

function TaggedLinks({ link, scene }: { link: DashboardLink; scene: DashboardScene }) {
  const key = (link.tags ?? []).join('\n');
  const found = useResource(key, key, (signal) => searchDashboards({ tags: link.tags, limit: 50 }, signal));
  const styles = useStyles2(getStyles);
  const others = (found.data ?? []).filter((hit) => hit.uid !== scene.state.uid);
  if (link.asDropdown) {
    const menu = () => (
      <Menu>
        {others.map((hit) => (
          <Menu.Item
            key={hit.uid}
            label={hit.title}
            url={cleanLink(carryParameters(`/d/${hit.uid}`, link, window.location.search))}
            target={link.targetBlank ? '_blank' : undefined}
          />
        ))}
      </Menu>
    );
    return (
      <Dropdown overlay={menu}>
        <button type="button" className={cx(styles.link, styles.dropdown)} title={link.tooltip}>
          <Icon name="bars" size="sm" />
          {sceneGraph.interpolate(scene, link.title)}
          <Icon name="angle-down" size="sm" />
        </button>
      </Dropdown>
    );
  }
  return others.map((hit) => <OneLink key={hit.uid} link={link} title={hit.title} url={`/d/${hit.uid}`} />);
}

function OneLink({ link, title, url }: { link: DashboardLink; title: string; url: string }) {
  const styles = useStyles2(getStyles);
  const carried = cleanLink(carryParameters(url, link, window.location.search));
  const content = (
    <>
      <Icon name={link.type === 'dashboards' ? 'apps' : 'external-link-alt'} size="sm" />
      {title}
    </>
  );
  return carried.startsWith('/') && !link.targetBlank ? (
    <Link to={carried} className={styles.link} title={link.tooltip}>
      {content}
    </Link>
  ) : (
    <a
      href={carried}
      className={styles.link}
      title={link.tooltip}
      target={link.targetBlank ? '_blank' : undefined}
      rel="noreferrer"
    >
      {content}
    </a>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  links: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(1),
    marginBottom: theme.spacing(1),
    // A phone shows them as one line to be swiped: the figures matter more.
    [theme.breakpoints.down('sm')]: { flexWrap: 'nowrap', overflowX: 'auto', scrollbarWidth: 'none' },
  }),
  link: css({
    display: 'inline-flex',
    flexShrink: 0,
    alignItems: 'center',
    gap: theme.spacing(0.75),
    padding: theme.spacing(0.5, 1),
    borderRadius: theme.shape.radius.default,
    background: theme.colors.secondary.main,
    color: theme.colors.text.primary,
    fontSize: theme.typography.bodySmall.fontSize,
    '&:hover': { background: theme.colors.secondary.shade },
  }),
  dropdown: css({ border: 'none', cursor: 'pointer' }),
});
